"""The addresses of the sign-up and of the links in mails."""

from django.urls import path

from subscriptions.views import (
    exclusions,
    keywords,
    pauses,
    preferences,
    sign_up,
    trending,
    undo_change,
    unsubscribe,
)

urlpatterns = [
    path("subscribe/", sign_up.subscribe, name="subscribe"),
    path("confirm/<token>/", sign_up.confirm, name="confirm"),
    path("preferences/<token>/", preferences.preferences, name="preferences"),
    path("preferences/<token>/sample/", preferences.sample, name="sample"),
    path("preferences/<token>/pause/", preferences.pausing, name="preferences-pause"),
    path("preferences/<token>/trending/", trending.choose, name="preferences-trending"),
    path("preferences/<token>/<int:keyword>/", preferences.keyword, name="preferences-keyword"),
    path("unsubscribe/<token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("undo/<token>/", unsubscribe.undo, name="undo"),
    path("link/", sign_up.fresh_link, name="fresh-link"),
    path("less/<token>/<int:paper>/", exclusions.exclude, name="less"),
    path("trending/<token>/", trending.drop, name="drop-trending"),
    path("keyword/<token>/drop/", keywords.drop, name="drop"),
    path("keyword/<token>/widen/", keywords.widen, name="widen"),
    path("pause/<token>/", pauses.pause, name="pause"),
    path("undo-change/<token>/", undo_change.undo_change, name="undo-change"),
]
