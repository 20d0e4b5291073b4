"""What an installation has decided about its rotations outside any run (standing approvals of kills, waivers, stopped
providers), and when each of them begins. Pure; the event log keeps what was decided as a log of its own.
"""
