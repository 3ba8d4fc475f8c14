"""The forms of the page that imports keywords."""

from django import forms

from digest.libraries.library import MAX_BYTES, MAX_PAPERS
from digest.profiles.library_counting import MAX_TERMS

from .sign_up import TEXT_LIMIT


class AlertsForm(forms.Form):
    """Alerts of other services, one a line."""

    alerts = forms.CharField(
        label="Alerts or searches",
        help_text="One per line, as Google Scholar, PubMed or arXiv show them.",
        error_messages={"required": "Paste an alert or a search."},
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "spellcheck": "false",
                "autocapitalize": "off",
                "placeholder": '"deep learning" - new results\nJane Doe - new articles',
            }
        ),
    )


class LibraryForm(forms.Form):
    """A file with papers, as reference managers export them."""

    library = forms.FileField(
        label="File",
        help_text=(
            "BibTeX, RIS, PubMed (.nbib), EndNote (.enw), CSL JSON, Zotero RDF or CSV, Web of "
            f"Science, or a Google Scholar alert (.eml). At most {MAX_BYTES // 1_000_000} MB and "
            f"{MAX_PAPERS:,} papers."
        ),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty. Export it again.",
        },
    )
    learn = forms.BooleanField(
        label="Also use these papers to order my digests",
        help_text=(
            f"For that we keep at most {MAX_TERMS} words and pairs of words from their titles and "
            "abstracts, each from two papers or more, and how many papers have it. Your "
            "preferences show this list, and you can delete it there."
        ),
        required=False,
    )
