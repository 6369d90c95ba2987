"""Video agents: HeyGen's makers of videos that are told in words what is wanted, and may ask back."""
