"""Stand-ins for the messaging providers, on this machine.

One small server that speaks Twilio's and SendGrid's wire formats, remembers everything it was
handed, reports delivery through signed webhooks, and shows it all on `/sandbox`. The SDKs and the
webhook routes that run against it are the ones that run against the real providers.
"""
