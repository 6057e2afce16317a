"""The site's addresses with the demo's own, which the site of the tests does not have."""

from django.urls import path

from portal import urls
from portal.views import demo, outbox

urlpatterns = [
    path("demo/", demo.doors, name="demo"),
    path("demo/doors/<slug:role>/", demo.door, name="demo_door"),
    path("demo/clock/", demo.move_clock, name="demo_clock"),
    path("demo/outbox/", outbox.outbox, name="demo_outbox"),
    path("demo/outbox/reply/", outbox.reply, name="demo_reply"),
    *urls.urlpatterns,
]
