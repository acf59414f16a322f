"""Model files from where they are published into the models folder. Knows no network's inside."""
