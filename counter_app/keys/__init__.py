"""Device key, store key and its wraps, PIN hashes."""
