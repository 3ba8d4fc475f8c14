"""The forms of the preferences page that add keywords and change one."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from digest.matching.query import MAX_KEYWORDS, split_list

from .sign_up import TEXT_LIMIT, check_keywords

_NOT_TOO_LONG = [
    MaxLengthValidator(
        TEXT_LIMIT, f"This is more text than {MAX_KEYWORDS} keywords can hold. Please shorten it."
    )
]
_TYPING = {"spellcheck": "false", "autocapitalize": "off"}


class AddKeywordsForm(forms.Form):
    """New keywords, one per line or separated by commas."""

    keywords = forms.CharField(
        label="Add keywords",
        help_text="One per line, or separated by commas.",
        error_messages={"required": "Enter a keyword to add."},
        validators=_NOT_TOO_LONG,
        widget=forms.Textarea(attrs={"rows": 3, **_TYPING}),
    )

    def clean_keywords(self) -> list[str]:
        """Split the text into keywords and check each."""
        texts = split_list(self.cleaned_data["keywords"])
        if not texts:
            raise ValidationError(self.fields["keywords"].error_messages["required"])
        check_keywords(texts, with_trending=True)
        return texts


class EditKeywordForm(AddKeywordsForm):
    """The new text of one keyword; further keywords are added."""

    keywords = forms.CharField(
        label="Change this keyword",
        error_messages={"required": "Enter a keyword, or remove this one."},
        validators=_NOT_TOO_LONG,
        widget=forms.Textarea(attrs={"rows": 1, **_TYPING}),
    )
