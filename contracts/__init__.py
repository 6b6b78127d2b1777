"""Wire types and names shared by the API, the workflows and the activities; no logic."""
