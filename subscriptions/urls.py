"""The addresses of the sign-up and of the links in mails."""

from django.urls import path

from subscriptions import views

urlpatterns = [
    path("subscribe/", views.subscribe, name="subscribe"),
    path("confirm/<token>/", views.confirm, name="confirm"),
    path("preferences/<token>/", views.preferences, name="preferences"),
    path("preferences/<token>/sample/", views.sample, name="sample"),
    path("unsubscribe/<token>/", views.unsubscribe, name="unsubscribe"),
    path("undo/<token>/", views.undo, name="undo"),
    path("link/", views.fresh_link, name="fresh-link"),
]
