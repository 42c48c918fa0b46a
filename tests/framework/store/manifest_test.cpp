#include "store/manifest.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/zstd.h"
#include "support/backends.h"

namespace cairn {
namespace {

Manifest example() {
  Manifest manifest;
  SnapshotInfo& info = manifest.info;
  info.run = "cells";
  info.sequence = 12;
  info.generation = 3;
  info.generation_start = 11;
  info.parent = sha256("parent").hex();
  info.created = std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000123));
  info.cut = {4,
              7,
              55,
              13,
              true,
              "epoch",
              {{"map50_95", 0.41}, {"nan", std::nan("")}, {"inf", -std::numeric_limits<double>::infinity()}}};
  info.digest = sha256("state").hex();
  info.size_bytes = 123456;
  info.entries = 9;
  manifest.repository = "uuid";
  manifest.writer = "cairn test";
  manifest.parts = {{0, {sha256("a"), sha256("b")}}, {1, {sha256("c")}}};
  return manifest;
}

TEST(Manifest, GivesBackEveryField) {
  Manifest manifest = example();
  const auto bytes = encode_manifest(manifest, {sha256("pack")});
  const StoredManifest read = decode_manifest(bytes, "it");
  EXPECT_EQ(manifest_text(read.manifest), manifest_text(manifest));
  EXPECT_EQ(read.manifest.info.id, sha256(manifest_text(manifest)).hex());
  EXPECT_EQ(read.manifest.info.created, manifest.info.created);
  EXPECT_EQ(read.manifest.info.cut.metrics.at("map50_95"), 0.41);
  EXPECT_TRUE(std::isnan(read.manifest.info.cut.metrics.at("nan")));
  EXPECT_EQ(read.manifest.parts[1].table[0], sha256("c"));
  EXPECT_EQ(read.packs, std::vector<Hash>{sha256("pack")});
}

TEST(Manifest, KeepsItsIdWhereverItsBlocksLie) {
  Manifest here = example(), there = example();
  encode_manifest(here, {sha256("pack")});
  encode_manifest(there, {});
  EXPECT_EQ(here.info.id, there.info.id);
}

TEST(Manifest, NoticesEveryTruncation) {
  Manifest manifest = example();
  const auto bytes = encode_manifest(manifest, {sha256("pack")});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decode_manifest(std::span(bytes).first(size), "it"), Error) << size;
  }
}

TEST(Manifest, NoticesEveryFlippedBit) {
  Manifest manifest = example();
  const auto bytes = encode_manifest(manifest, {sha256("pack")});
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THROW(decode_manifest(flipped, "it"), Error) << bit;
  }
}

TEST(Manifest, HasAReadableFormOfTheTime) {
  EXPECT_NE(manifest_text(example()).find("\"created\":\"2023-11-14T22:13:20.123Z\""), std::string::npos);
}

}  // namespace
}  // namespace cairn
