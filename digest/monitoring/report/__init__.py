"""The report of `doctor --dns`: what other mail servers see of the sender (DNS records, TLS of the
relay), and clock, disks and versions of the machines, line by line with what to do."""
