"""Use cases of the site itself."""
