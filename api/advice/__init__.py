"""Debt advice: assessments, ways out of debt, requests for an advisor."""
