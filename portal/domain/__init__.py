"""Pure rules of the site itself."""
