# Layers of images are tar streams, plain or compressed. Only tar, gzip and zstd are used of libarchive, so it pulls in no more than these.
set(BH_LIBRARIES archive zstd z crypto)
