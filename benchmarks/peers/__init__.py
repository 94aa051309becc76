"""Other sync engines on the same dossiers: installed for the run, as processes of their own."""
