"""A shelf of invented papers, as odd in their titles and dates as real ones."""

from datetime import date
from typing import Any

from digest.models import Paper
from tests.support import factories

_DAY = date(2026, 11, 20)
# Title, abstract, and what else is known. The first four were listed earlier in the week.
_PAPERS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Patience Pays: Slow Robots Learn Household Chores Sooner",
        "Robot learning is usually hurried. We let forty robots practise at a quarter of the usual "
        "speed and find that they need $\\frac{1}{3}$ of the demonstrations. A slow arm breaks "
        "less, is watched more closely, and gives its teachers time to correct it. We release the "
        "recordings of 1,200 hours of practice in nine kitchens.",
        {
            "authors": ["Ines Vogel", "Tariq Mbeki"],
            "listed_on": date(2026, 11, 16),
            "published_on": date(2026, 11, 13),
            "comment_count": 21,
            "upvotes": 40,
            "code_url": "https://code.example/slow-robots",
        },
    ),
    (
        "A Survey of Robot Learning in Small Workshops",
        "We visited sixty-one workshops that use robot learning and asked what they do with it. "
        "Most of them tune one policy a year and keep it.",
        {
            "authors": ["Marta Olsen"],
            "listed_on": date(2026, 11, 17),
            "published_on": date(2026, 11, 16),
            "comment_count": 2,
        },
    ),
    (
        "Diffusion Models for Weather on Mountains",
        "Forecasts above 2,000 m are poor where they are needed most. Our diffusion model is "
        "conditioned on terrain and halves the error of wind at ridges, $\\Delta v \\leq 1.4$ m/s.",
        {
            "organization": "Alpine Weather Office",
            "listed_on": date(2026, 11, 18),
            "published_on": date(2026, 11, 12),
            "comment_count": 7,
            "upvotes": 12,
            "project_url": "https://project.example/ridges",
        },
    ),
    (
        "Which Words Does a Small Language Model Forget First?",
        "Names, then numbers, then manners. We follow 40 small language models through a year of "
        "fine-tuning and record what they lose.",
        {
            "authors": ["Noor Haddad", "Wei Lindqvist", "Sam Okoro", "Yuki Brandt", "Pavel Ruiz"],
            "listed_on": date(2026, 11, 19),
            "published_on": date(2026, 11, 18),
            "comment_count": 33,
            "upvotes": 88,
        },
    ),
    (
        "Diffusion Policies for Folding Laundry with Two Arms",
        "Cloth has no pose, so policies that plan with poses fail on it. We describe a policy that "
        "denoises the motion of both arms at once, in a space of 14 joints. It folds towels and "
        "shirts it has never seen in 91 of 100 trials. A person needs 26 seconds for a shirt; the "
        "policy needs 74, of which 40 go into the first grasp. Because the arms share one latent "
        "code $z_t$, neither waits for the other. The diffusion model behind it was trained on "
        "320 hours of people who fold while talking about it, and what they say turned out to "
        "matter: without their words success falls to 77. We also report what does not work: "
        "fitted sheets, silk, and anything wet. Code, data and the towel list are public.",
        {
            "authors": ["Ada Example", "Kofi Sample", "Lena Muster", "Jo Placeholder"],
            "arxiv_id": "2611.00105",
            "url": "https://arxiv.org/abs/2611.00105",
            "published_on": date(2026, 11, 18),
            "comment_count": 14,
            "upvotes": 63,
            "code_url": "https://code.example/two-arms",
            "project_url": "https://project.example/laundry",
        },
    ),
    (
        "Robot Learning from Kitchen Videos Nobody Labelled",
        "Labels are dear and videos are cheap. We learn what hands do in 9,000 hours of kitchen "
        "videos without a single label, and show that robot learning from them needs a tenth of "
        "the teleoperation. Fine tuning on ten minutes of one's own kitchen does the rest.",
        {
            "authors": ["Bruno Fictive", "Hana Novak"],
            "published_on": date(2026, 11, 19),
            "comment_count": 5,
            "upvotes": 17,
        },
    ),
    (
        "M$^3$Robot: Mixtures of Experts for Mobile Manipulation in $\\mathcal{O}(n \\log n)$",
        "A mobile robot must drive, look and grasp. We route each of its tokens to one of eight "
        "experts at a cost of $\\mathcal{O}(n \\log n)$ and train all of them together; robot "
        "learning on real hardware stays stable for $\\alpha \\in [0.1, 0.3]$.",
        {
            "authors": ["S{\\o}ren Beispiel"],
            "published_on": date(2026, 11, 17),
            "comment_count": 3,
        },
    ),
    (
        "Fine-Tuning <b> Is Not a Tag: Language Models & the Markup They Were Fed",
        "Pages from the web are full of markup. We fine-tune small language models on pages with "
        "& without it and count the tags they emit: `<b>` and `<i>` first, `</table>` never.",
        {
            "organization": "Institute for Plain Text",
            "published_on": date(2026, 11, 19),
            "comment_count": 1,
            "upvotes": 1,
            "code_url": "https://code.example/markup?a=1&b=2",
        },
    ),
    (
        "深層学習によるロボットの把持 (Deep Grasping for Robots)",
        "ロボットは柔らかいものを掴むのが苦手である。 We present a gripper and a method of robot "
        "learning for soft fruit; bruises fall by half.",
        {
            "authors": ["山田 例子", "佐藤 見本"],
            "published_on": date(2026, 11, 16),
            "comment_count": 9,
        },
    ),
    (
        "تعلم الروبوتات في المطبخ العربي",
        "Recipes are written for people. We study robot learning from Arabic recipes, which leave "
        "out what every cook knows, and add 2,300 annotated ones.",
        {
            "authors": ["ليلى مثال"],
            "published_on": date(2026, 11, 19),
            "upvotes": 4,
        },
    ),
    (
        "Retrieval-Augmented Generation Without the Retrieval",
        "What if the passage is simply remembered? We compare retrieval augmented generation with "
        "a model that was fine-tuned on the same 2 million passages. The answer depends on how "
        "often a fact changes.",
        {
            "authors": ["Gil Specimen", "Rosa Dummy", "Uwe Attrappe"],
            "doi": "10.1000/retrieval",
            "published_on": date(2026, 11, 15),
            "comment_count": 52,
            "upvotes": 140,
        },
    ),
    (
        "Forgetting on Request: Unlearning in Federated Clinics",
        "Patients may ask to be forgotten. We show how a federated network of clinics can honour "
        "that without training anew, and what it costs: unlearning one patient takes 40 minutes.",
        {
            "authors": ["Dana Figment"],
            "published_on": date(2026, 11, 18),
            "comment_count": 6,
        },
    ),
    (
        "Speech Without Microphones: Reading Lips by Radar",
        "A 60 GHz radar sees lips through a scarf. We transcribe speech at 12 % word error from "
        "two metres away, and discuss why that should worry you.",
        {
            "organization": "Radio Laboratory",
            "published_on": date(2026, 11, 19),
            "comment_count": 41,
            "upvotes": 77,
            "project_url": "https://project.example/lips",
        },
    ),
    (
        "Small Language Models Read Contracts Better When They May Refuse",
        "A model of 3B parameters that may answer “not in this contract” beats one of 70B that may "
        "not. Fine-tuning took one evening.",
        {
            "authors": ["Per Exempel", "Ann Parable"],
            "published_on": date(2026, 11, 19),
            "comment_count": 11,
            "upvotes": 29,
        },
    ),
]  # fmt: skip
EARLIER = 4


def shelve() -> list[Paper]:
    """Store them, numbered from 1 and with ids that are the same on every database."""
    return [
        factories.paper(
            title,
            **{
                "id": 100 + number,
                "abstract": abstract,
                "url": f"https://arxiv.example/abs/2611.{number:05}",
                "listed_on": _DAY,
                **fields,
            },
        )
        for number, (title, abstract, fields) in enumerate(_PAPERS, 1)
    ]
