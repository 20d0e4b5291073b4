"""Stand-ins for services that cannot run here: each speaks the documented API over HTTP on loopback, keeps real state
and injects faults."""
