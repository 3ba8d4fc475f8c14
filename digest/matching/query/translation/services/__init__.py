"""The query languages of the services that people copy from, one file each."""
