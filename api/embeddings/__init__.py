"""What turns texts into vectors: the models that run here, and services reached over HTTP."""
