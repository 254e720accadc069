"""The rules of docs/triggers.md written again, slowly, with zoneinfo: uvsched's triggers are tested against them.

Nothing here may import uvsched or look at its sources. Times are whole seconds: instants since 1970-01-01T00:00:00Z,
local times since 1970-01-01T00:00:00 on the wall clock, so that local time = instant + offset.
"""
