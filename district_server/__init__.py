"""The upper server (máy chủ cấp trên) that the counters sync with."""
