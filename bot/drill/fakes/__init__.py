"""Fakes for services that cannot run here.

Each speaks the documented API over HTTP on loopback, keeps real state and injects faults.
"""
