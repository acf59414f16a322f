"""How good it is: the LFW protocol, open set, throughput. Knows no server."""
