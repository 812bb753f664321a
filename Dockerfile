# Two images from one file:
#   docker build --target extended .   Debian with the tools that a router's operator wants at hand
#   docker build .                     the executable, the ip command and what these two need, nothing else
# scripts/image builds both and fills in the arguments that say what they were made from.
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG NODE_IMAGE=node:22-bookworm-slim

# The executable, from source. Bun compiles for other machines, so this stage never runs under emulation.
FROM --platform=$BUILDPLATFORM $NODE_IMAGE AS build
WORKDIR /src
COPY . .
ARG COMMIT=unknown
ARG BUILDARCH
ARG TARGETARCH
RUN set -eu; \
    if [ "$TARGETARCH" = "$BUILDARCH" ]; then \
      COMMIT=$COMMIT scripts/build host; \
      folder=dist; \
    else \
      case $TARGETARCH in amd64) platform=linux-x64 ;; *) platform=linux-$TARGETARCH ;; esac; \
      COMMIT=$COMMIT scripts/build "$platform"; \
      folder=dist/$platform; \
    fi; \
    mkdir /made; \
    cp LICENSE "$folder/gateway-route-manager" /made; \
    node_modules/.bin/bun scripts/licences.ts "$folder/maps" >/made/THIRD-PARTY-LICENCES.txt

# What the minimal image holds beside the executable: ip, the libraries of both, certificates (Bun looks for cert.pem),
# and the licence of each package that a file came from, with the texts that these name.
FROM $DEBIAN_IMAGE AS system
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates iproute2
COPY --from=build /made/gateway-route-manager /made/
RUN set -eu; \
    mkdir -p /system/dev /system/etc/ssl/certs /system/proc /system/run /system/sys /system/tmp /system/usr/bin; \
    chmod 1777 /system/tmp; \
    echo 'root:x:0:0:root:/:/nonexistent' >/system/etc/passwd; \
    echo 'root:x:0:' >/system/etc/group; \
    echo 'hosts: files dns' >/system/etc/nsswitch.conf; \
    cp /etc/ssl/certs/ca-certificates.crt /system/etc/ssl/certs; \
    ln -s certs/ca-certificates.crt /system/etc/ssl/cert.pem; \
    cp -r /etc/iproute2 /system/etc; \
    cp -L "$(command -v ip)" /system/usr/bin; \
    libraries=$(ldd /made/gateway-route-manager /system/usr/bin/ip | grep -o '/lib[^ ]*' | sort -u); \
    cp -L --parents $libraries /system; \
    for file in $libraries /bin/ip /sbin/update-ca-certificates; do \
      package=$(dpkg -S "$file" "/usr$file" 2>/dev/null | head -n1 | cut -d: -f1); \
      cp -L --parents "/usr/share/doc/$package/copyright" /system; \
    done; \
    cp -a --parents /usr/share/common-licenses /system

FROM $DEBIAN_IMAGE AS extended
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bash ca-certificates conntrack curl iproute2 ipvsadm keepalived nmap tcpdump && \
    apt-get clean && \
    rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/* /var/log/*.log /var/log/apt/*
COPY --from=build /made/gateway-route-manager /usr/local/bin/
COPY --from=build /made/*LICEN* /usr/share/doc/gateway-route-manager/
ARG VERSION=unknown
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="gateway-route-manager" \
      org.opencontainers.image.description="Keeps an ECMP route over healthy gateways; with a router's tools" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/usr/local/bin/gateway-route-manager", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/gateway-route-manager"]

FROM scratch AS minimal
COPY --from=system /system /
COPY --from=build /made/gateway-route-manager /usr/local/bin/
COPY --from=build /made/*LICEN* /usr/share/doc/gateway-route-manager/
ENV PATH=/usr/local/bin:/usr/bin
ARG VERSION=unknown
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="gateway-route-manager" \
      org.opencontainers.image.description="Keeps an ECMP route over healthy gateways" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/usr/local/bin/gateway-route-manager", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/gateway-route-manager"]
