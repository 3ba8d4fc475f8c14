"""Epochs of the database: what keeps a restored database apart from what was lost with the old one.

Links, bounce addresses and reports of providers name rows by id. A restored database would give the
ids of the lost time to new rows. So each restore begins a new epoch: all sequences jump, mails that
were open may have been sent and are not sent again, and sending is held until an operator says how
to resume.
"""
