"""Several machines on one computer: network namespaces with a PostgreSQL, a Redis and a relay.

Each machine has a network of its own and meets the others on one bridge; taking its link down is
what pulling its cable is: nothing is refused, packets are lost. Needs root and iproute2.
"""
