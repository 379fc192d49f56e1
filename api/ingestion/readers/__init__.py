"""What reads one kind of file each, as Markdown. They run in a process of their own, which may be killed."""
