# syntax=docker/dockerfile:1
# guatu as an image: built in one stage, run in another that holds the binary and what it links to, and no secrets.

FROM rust:1-bookworm AS build
WORKDIR /build
COPY . .
# What was compiled before is kept between builds (BuildKit), but is no part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin guatu && install -D target/release/guatu /out/guatu

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/guatu /usr/local/bin/guatu
COPY LICENSE /usr/share/doc/guatu/LICENSE
COPY seeds /usr/share/guatu/seeds
# A number, so that an orchestrator can see that it is not root. Nobody of this number exists: nothing is his.
USER 10001:10001
ENV GUATU_LISTEN=0.0.0.0:8080 GUATU_SEEDS=/usr/share/guatu/seeds
EXPOSE 8080
# SIGTERM: requests under way are answered, then it ends.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["guatu", "health", "--url", "http://127.0.0.1:8080/health/ready"]
ENTRYPOINT ["guatu"]
CMD ["serve"]
