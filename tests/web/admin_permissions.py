"""The table of who may open which URL of the admin and run which action.

A new view, model or action needs a row here: a test compares the table with the admin site.
"""

ROLES = ("nobody", "staff", "viewer", "support", "operator", "superuser")
# From the first of these on, in the order of ROLES.
ANYBODY, STAFF, LOOK, READ, ACT, ROOT, NO_ONE = *ROLES, ""


def may(role: str, least: str) -> bool:
    """Whether a role reaches that far: `least` is the first role that does."""
    return bool(least) and ROLES.index(role) >= ROLES.index(least)


# model -> who sees its list, rows and their history; adds; changes; deletes
MODELS = {
    "digest_dump": (LOOK, ACT, ACT, NO_ONE),
    "digest_hold": (LOOK, ACT, ACT, ACT),
    "digest_mailevent": (LOOK, NO_ONE, NO_ONE, NO_ONE),
    "digest_alarm": (LOOK, NO_ONE, NO_ONE, NO_ONE),
    "digest_heartbeat": (LOOK, NO_ONE, NO_ONE, ACT),
    "digest_machine": (LOOK, NO_ONE, NO_ONE, ACT),
    "digest_digest": (LOOK, NO_ONE, NO_ONE, NO_ONE),
    "digest_letter": (LOOK, NO_ONE, NO_ONE, NO_ONE),
    "digest_acronymdefinition": (LOOK, ACT, ACT, NO_ONE),
    "digest_paper": (LOOK, NO_ONE, NO_ONE, NO_ONE),
    "digest_source": (LOOK, ACT, ACT, ACT),
    "digest_pushtoken": (LOOK, ACT, ACT, ACT),
    "subscriptions_subscriber": (LOOK, ACT, ACT, ACT),
    "subscriptions_subscription": (LOOK, NO_ONE, ACT, ACT),
    "subscriptions_suppression": (LOOK, ACT, NO_ONE, ACT),
    "axes_accessattempt": (ACT, NO_ONE, NO_ONE, ACT),
    "admin_logentry": (ACT, NO_ONE, NO_ONE, NO_ONE),
    "auth_user": (ROOT, ROOT, ROOT, ROOT),
    "auth_group": (ROOT, ROOT, ROOT, ROOT),
    "otp_totp_totpdevice": (ROOT, ROOT, ROOT, ROOT),
    "otp_static_staticdevice": (ROOT, ROOT, ROOT, ROOT),
}
# URL name -> method, who may. Arguments are those of `rows` in test_admin_permissions.
VIEWS = {
    "index": ("GET", STAFF),
    "login": ("GET", ANYBODY),
    "two-factor": ("POST", STAFF),
    "password_change": ("POST", STAFF),
    "password_change_done": ("GET", STAFF),
    "jsi18n": ("GET", STAFF),
    "autocomplete": ("GET", NO_ONE),  # no field uses it
    "app_list": ("GET", LOOK),
    "view_on_site": ("GET", STAFF),
    "dump-raw": ("GET", READ),
    "dump-withdraw": ("GET", ACT),
    "digest-mail": ("GET", READ),
    "digest-mail-html": ("GET", READ),
    "subscriber-preview": ("GET", READ),
    "subscriber-preview-html": ("GET", READ),
    "subscriber-export": ("POST", READ),
    "subscriber-import": ("GET", ACT),
    "subscriber-import-file": ("GET", ACT),
    "subscriber-import-rows": ("GET", ACT),
    "subscriber-export-all": ("POST", ACT),
    "subscriber-timeline": ("GET", LOOK),
    "subscriber-find": ("POST", LOOK),
    "why-nothing": ("GET", LOOK),
    "resume": ("GET", LOOK),
    "resume-choose": ("POST", ACT),
    "resume-papers": ("GET", LOOK),
    "why-hold": ("POST", ACT),
    "why-lift": ("POST", ACT),
    "why-undo": ("POST", ACT),
    "why-put-right": ("POST", ACT),
    "paper-split": ("POST", ACT),
    "source-ready-made": ("POST", ACT),
    "source-fetch": ("POST", ACT),
    "source-services": ("GET", ACT),
    "source-service": ("GET", ACT),
    "source-try": ("POST", ACT),
    "auth_user_password_change": ("GET", ROOT),
    "otp_totp_totpdevice_config": ("GET", NO_ONE),
    "otp_totp_totpdevice_qrcode": ("GET", NO_ONE),
    "logout": ("POST", ANYBODY),
}
# model -> action -> who may. Deleting is an action too, for those who may delete (above).
ACTIONS = {
    "digest_dump": dict.fromkeys(
        ("try_again", "accept_anyway", "take_as_new", "take_as_backfill"), ACT
    ),
    "digest_hold": {"undo": ACT},
    "digest_acronymdefinition": dict.fromkeys(("accept", "refuse", "back_to_the_rule"), ACT),
    "digest_digest": {"send_now": ACT, "cancel": ACT, "send_again": ACT},
    "digest_source": {"fetch_now": ACT, "switch_on": ACT, "switch_off": ACT},
    "digest_pushtoken": {"revoke": ACT},
    "subscriptions_subscriber": dict.fromkeys(
        ("send_now", "pause", "resume", "unsubscribe", "suppress"), ACT
    ),
    "subscriptions_suppression": {"confirm": ACT},
}


def model_views() -> dict[str, tuple[str, str]]:
    """What Django makes for each model: address -> method, who may."""
    found = {}
    for model, (look, add, change, delete) in MODELS.items():
        found |= {
            f"{model}_changelist": ("GET", look),
            f"{model}_history": ("GET", look),
            f"{model}_add": ("GET", add),
            f"{model}_add ": ("POST", add),
            f"{model}_change": ("GET", look),
            f"{model}_change ": ("POST", change),
            f"{model}_delete": ("GET", delete),
            f"{model}_delete ": ("POST", delete),
        }
    return found
