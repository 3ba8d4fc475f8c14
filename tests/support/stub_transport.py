"""A transport with the same outcome for every mail; it requests the permits as others do."""

from datetime import datetime

from digest.mail.transport import AskPermit, Mail, Outcome, Result, Steps, Transport
from digest.models import Digest
from digest.sending.batch import digest_mails
from digest.sending.outcomes import OutcomeRecorder

TAKEN = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")


class StubTransport(Transport):
    """`recipients` and `mails`: of those that got as far as to it."""

    name = "smtp"

    def __init__(self, outcome: Outcome | Exception = TAKEN, max_in_flight: int = 1) -> None:
        self.outcome = outcome
        self.max_in_flight = max_in_flight
        self.recipients: list[str] = []
        self.mails: list[bytes] = []

    def steps(self, mail: Mail) -> Steps:
        self.recipients.append(mail.envelope.recipient)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        message = mail.write()
        early = self.outcome.phase not in ("dot", "")
        if early or (yield AskPermit(self.name)):
            self.mails.append(message)
            return self.outcome
        return Outcome(Result.NO_PERMIT)

    def close(self) -> None: ...


def fixed(digest: Digest, at: datetime) -> bytes:
    """The bytes of a claimed digest's mail, whose contents are fixed with this; it is not sent."""
    (mail,) = digest_mails([digest], OutcomeRecorder(lambda: at), at)
    return mail.write()
