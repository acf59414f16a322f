#!/bin/sh
# Starts JupyterLab in the notebook image. An empty JUPYTER_TOKEN would let everybody in; where none is set it makes one.
set -eu
if [ -n "${FACESTREAM_NOTEBOOK_TOKEN:-}" ]; then
    export JUPYTER_TOKEN="$FACESTREAM_NOTEBOOK_TOKEN"
else
    unset JUPYTER_TOKEN
fi
exec jupyter lab --ip 0.0.0.0 --port 8888 --no-browser --notebook-dir /notebooks
