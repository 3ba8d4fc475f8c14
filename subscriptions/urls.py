"""The addresses of the sign-up and of the links in mails."""

from django.urls import path

from subscriptions.views import (
    account,
    address_changes,
    confirmation,
    exclusions,
    keyword_list,
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
    path("subscribe/sent/", sign_up.subscribe_sent, name="subscribe-sent"),
    path("confirm/<token>/", confirmation.confirm, name="confirm"),
    path("preferences/<token>/", preferences.preferences, name="preferences"),
    path("preferences/<token>/sample/", preferences.sample, name="sample"),
    path("preferences/<token>/pause/", pauses.preferences_pause, name="preferences-pause"),
    path("preferences/<token>/trending/", trending.choose, name="preferences-trending"),
    path("preferences/<token>/account/", account.ask, name="preferences-account"),
    path("account/<token>/", account.account, name="account"),
    path("deleted/", account.deleted, name="account-deleted"),
    path("new-address/<token>/", address_changes.confirm, name="new-address"),
    path("undo-address/<token>/", address_changes.undo, name="undo-address"),
    path("preferences/<token>/keywords/", keyword_list.add, name="preferences-keywords"),
    path("preferences/<token>/keywords/check/", keyword_list.check, name="preferences-check"),
    path("preferences/<token>/undo/", keyword_list.undo, name="preferences-undo"),
    path("preferences/<token>/<int:keyword>/", keyword_list.change, name="preferences-keyword"),
    path("unsubscribe/<token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("undo/<token>/", unsubscribe.undo, name="undo"),
    path("link/", sign_up.fresh_link, name="fresh-link"),
    path("link/sent/", sign_up.fresh_link_sent, name="fresh-link-sent"),
    path("less/<token>/<int:paper>/", exclusions.exclude, name="less"),
    path("trending/<token>/", trending.drop, name="drop-trending"),
    path("keyword/<token>/drop/", keywords.drop, name="drop"),
    path("keyword/<token>/widen/", keywords.widen, name="widen"),
    path("pause/<token>/", pauses.pause, name="pause"),
    path("undo-change/<token>/", undo_change.undo_change, name="undo-change"),
]
