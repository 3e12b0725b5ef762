#!/usr/bin/env bash
# Builds the image for x86-64 and arm64 from released programs.
#   release/image.sh push PROGRAMS NAME METADATA    with docker buildx, pushes it with the tags of release/version.sh;
#                                                   METADATA gets its digest
#   release/image.sh digests NAME METADATA          prints name, digest, and the digest for each platform, of what was pushed
#   release/image.sh local PROGRAMS NAME            with podman, as the manifest list NAME:VERSION
# PROGRAMS/TARGET/jinaflow is the program of a target. Two images of one commit and the same programs have the same layers.
set -euo pipefail
case ${1:-},$# in
  push,4 | local,3) ;;
  digests,3)
    digest=$(jq -er '."containerimage.digest"' "$3")
    printf 'name=%s\ndigest=%s\n' "$2" "$digest"
    docker buildx imagetools inspect --raw "$2@$digest" | jq -er '.manifests[] | .platform.architecture + "=" + .digest'
    exit ;;
  *) echo "usage: image.sh push PROGRAMS NAME METADATA | digests NAME METADATA | local PROGRAMS NAME" >&2; exit 2 ;;
esac
how=$1 programs=$(realpath "$2") name=$3 metadata=${4:+$(realpath -m "$4")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(release/version.sh)
tags=$(release/version.sh tags)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir -p "$context/functions/jinaflow"
cp Dockerfile "$context"
install -m 644 functions/jinaflow/passwd "$context/functions/jinaflow"
install -m 755 -D "$programs/x86_64-unknown-linux-musl/jinaflow" "$context/amd64/jinaflow"
install -m 755 -D "$programs/aarch64-unknown-linux-musl/jinaflow" "$context/arm64/jinaflow"
find "$context" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
options=(--target released --build-arg "VERSION=$version"
  --build-arg "REVISION=$(git rev-parse HEAD)" --build-arg "SOURCE=$(release/repository.sh)")

if [[ $how == push ]]; then
  while read -r tag; do options+=(--tag "$name:$tag"); done <<< "$tags"
  # The workflow attests provenance and materials itself.
  docker buildx build "${options[@]}" --platform linux/amd64,linux/arm64 --provenance=false --sbom=false \
    --metadata-file "$metadata" --output type=image,push=true,oci-mediatypes=true,rewrite-timestamp=true "$context"
else
  # The cache of podman does not distinguish platforms.
  podman manifest rm "$name:v$version" > /dev/null 2>&1 || true
  for machine in amd64 arm64; do
    podman build --quiet --no-cache "${options[@]}" --platform "linux/$machine" --timestamp "$SOURCE_DATE_EPOCH" \
      --manifest "$name:v$version" "$context"
  done
fi
