# syntax=docker/dockerfile:1
# The packages in one stage, the code and nothing else in the other. The Python is the one that the tests run on.
FROM python:3.11-slim-trixie AS packages
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/greenroom \
 && /opt/greenroom/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/runtime.txt

FROM python:3.11-slim-trixie
# Certificates are to be the newest there are, so they have no pin.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 greenroom \
 && useradd --system --uid 10001 --gid greenroom --home-dir /app --shell /usr/sbin/nologin greenroom \
 && install --directory --owner=greenroom --group=greenroom /app /app/.data
WORKDIR /app
COPY --from=packages /opt/greenroom /opt/greenroom
COPY heygen heygen
COPY agent agent
COPY bot bot
ENV PATH=/opt/greenroom/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8080
USER 10001:10001
VOLUME /app/.data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["serve"]
