"""Complaints: what somebody is dissatisfied with, until when he is answered, and what he got."""
