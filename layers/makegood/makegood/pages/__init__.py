"""What the pages of several functions share: the frame, the look, the forms, the headers."""
