"""Enhanced status codes of permanent failures (RFC 3463, 5248), as patterns: whether a server says
one in its reply or a report later, it means the same."""

# Bad mailbox, bad system, bad syntax, moved, null MX; the rest of 5.1 speaks of the sender.
NO_SUCH_ADDRESS = r"5\.1\.(1|2|3|6|10)"
BAD_SENDER = r"5\.1\.[78]"
FULL = r"5\.2\.2"
# For this mailbox or for the system.
TOO_LARGE = r"5\.2\.3|5\.3\.4"
# The domain's name server had no answer.
NO_ROUTE = r"5\.4\.4"
BAD_CONTENT = r"5\.6\.\d+"
# Policy and authentication, like 5.7.26 (DMARC) and 5.7.515 (bulk).
POLICY = r"5\.7\.\d+"
