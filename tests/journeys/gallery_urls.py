"""The site's routes and the gallery, which exists on development machines only."""

from django.urls import path

from portal import gallery, urls

urlpatterns = [*urls.urlpatterns, path("gallery/", gallery.gallery, name="gallery")]
