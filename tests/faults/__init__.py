"""The station broken on purpose: killed, fed with rubbish, used by two at once."""
