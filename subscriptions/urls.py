"""The addresses of the sign-up and of the links in mails."""

from django.urls import path

from subscriptions.views import joining, keywords, less, pauses, preferences, trending, undoing

urlpatterns = [
    path("subscribe/", joining.subscribe, name="subscribe"),
    path("confirm/<token>/", joining.confirm, name="confirm"),
    path("preferences/<token>/", preferences.preferences, name="preferences"),
    path("preferences/<token>/sample/", preferences.sample, name="sample"),
    path("preferences/<token>/pause/", preferences.pausing, name="preferences-pause"),
    path("preferences/<token>/trending/", trending.choose, name="preferences-trending"),
    path("preferences/<token>/<int:keyword>/", preferences.keyword, name="preferences-keyword"),
    path("unsubscribe/<token>/", joining.unsubscribe, name="unsubscribe"),
    path("undo/<token>/", joining.undo, name="undo"),
    path("link/", joining.fresh_link, name="fresh-link"),
    path("less/<token>/<int:paper>/", less.less, name="less"),
    path("trending/<token>/", trending.drop, name="drop-trending"),
    path("keyword/<token>/drop/", keywords.drop, name="drop"),
    path("keyword/<token>/widen/", keywords.widen, name="widen"),
    path("pause/<token>/", pauses.pause, name="pause"),
    path("undo-change/<token>/", undoing.undo_change, name="undo-change"),
]
