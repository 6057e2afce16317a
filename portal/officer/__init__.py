"""The officers' site: Django's admin in our clothes, with pages made for the work."""
