#include "store/seal/seal.h"

#include <algorithm>
#include <cstring>

#include "base/little_endian.h"
#include "store/seal/aead.h"
#include "store/seal/raw.h"

namespace cairn {

namespace {

constexpr size_t kKey = crypto_kdf_KEYBYTES;
constexpr size_t kNonce = kAeadNonce, kTag = kAeadTag;
constexpr size_t kEpoch = sizeof(uint32_t);
static_assert(Seal::kFront == kEpoch + kNonce && Seal::kOverhead == Seal::kFront + kTag);
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "cairnsea";
constexpr uint64_t kSealing = 1, kNaming = 2, kFingerprint = 3;
constexpr size_t kMostKeys = 4096;

}  // namespace

void Seal::add(uint32_t epoch, LockedBytes key) {
  LockedBytes sealing = derived(key, kContext, kSealing, kKey), naming = derived(key, kContext, kNaming, kKey);
  masters_.push_back({epoch, std::move(key), std::move(sealing), std::move(naming)});
}

Seal Seal::create(std::string repository) {
  Seal seal(std::move(repository));
  seal.add(1, LockedBytes::random(kKey));
  return seal;
}

Seal Seal::with_new_key() const {
  const LockedBytes ring_now = ring();
  Seal out = from_ring(repository_, ring_now.bytes(), "the ring of keys");
  out.add(newest() + 1, LockedBytes::random(kKey));
  return out;
}

LockedBytes Seal::ring() const {
  LockedBytes out(masters_.size() * (kEpoch + kKey));
  std::byte* at = out.bytes().data();
  for (const Master& master : masters_) {
    std::memcpy(at, &master.epoch, kEpoch);
    std::memcpy(at + kEpoch, master.key.bytes().data(), kKey);
    at += kEpoch + kKey;
  }
  return out;
}

Seal Seal::from_ring(std::string repository, std::span<const std::byte> ring, const std::string& what) {
  const size_t count = ring.size() / (kEpoch + kKey);
  if (count == 0 || count > kMostKeys || ring.size() != count * (kEpoch + kKey)) {
    fail(Code::DataLoss, what, " is damaged: ", ring.size(), " bytes are no ring of keys");
  }
  Seal seal(std::move(repository));
  ByteReader in(ring, what);
  uint32_t before = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto epoch = in.number<uint32_t>();
    if (epoch <= before) fail(Code::DataLoss, what, " is damaged: the epochs of its keys do not rise");
    before = epoch;
    seal.add(epoch, LockedBytes::copy_of(in.raw(kKey)));
  }
  return seal;
}

Hash Seal::fingerprint() const {
  const LockedBytes part = derived(masters_.front().key, kContext, kFingerprint, kKey);
  Hash out;
  std::memcpy(out.bytes.data(), part.bytes().data(), out.bytes.size());
  return out;
}

const Seal::Master& Seal::master(uint32_t epoch, const std::string& what) const {
  for (const Master& each : masters_) {
    if (each.epoch == epoch) return each;
  }
  fail(Code::DataLoss, what, " is damaged, or sealed with key ", epoch, " of the store, and yours opens up to key ",
       newest(), ". If so, let somebody who has that one run 'cairn key rotate' again");
}

Hash Seal::name_of(uint32_t epoch, const Hash& name) const {
  const Master& key = master(epoch, "a block");
  Hash out;
  crypto_generichash(out.bytes.data(), out.bytes.size(), name.bytes.data(), name.bytes.size(), raw(key.naming.bytes()),
                     kKey);
  return out;
}

std::string Seal::context(std::string_view kind, std::string_view name) const {
  std::string out = cat("cairn seal 1 ", repository_, " ", kind, " ");
  out += name;
  return out;
}

std::vector<std::byte> Seal::close(std::string_view kind, std::string_view name,
                                   std::span<const std::byte> plain) const {
  std::vector<std::byte> out(kOverhead + plain.size());
  std::copy(plain.begin(), plain.end(), out.begin() + kFront);
  close_in_place(kind, name, out);
  return out;
}

void Seal::close_in_place(std::string_view kind, std::string_view name, std::span<std::byte> room) const {
  if (room.size() < kOverhead) fail(Code::Internal, "no room for a seal in ", room.size(), " bytes");
  const Master& key = masters_.back();
  std::memcpy(room.data(), &key.epoch, kEpoch);
  const std::span<std::byte> nonce = room.subspan(kEpoch, kNonce), body = room.subspan(kFront);
  fill_random(nonce);
  const std::string said = context(kind, name);
  seal_in_place(key.sealing.bytes(), nonce, said, body);
}

uint32_t Seal::epoch_of(std::span<const std::byte> sealed) {
  uint32_t epoch = 0;
  if (sealed.size() >= kOverhead) std::memcpy(&epoch, sealed.data(), kEpoch);
  return epoch;
}

std::span<std::byte> Seal::open(std::string_view kind, std::string_view name, std::span<std::byte> sealed,
                                const std::string& what) const {
  if (sealed.size() < kOverhead) fail(Code::DataLoss, what, " is damaged: it is too short to be sealed");
  const Master& key = master(epoch_of(sealed), what);
  const auto nonce = sealed.subspan(kEpoch, kNonce), body = sealed.subspan(kEpoch + kNonce);
  const std::string said = context(kind, name);
  if (!open_in_place(key.sealing.bytes(), nonce, said, body)) {
    fail(Code::DataLoss, what, " is damaged, or it is not what its place says: it does not open with the store's key");
  }
  return body.first(body.size() - kTag);
}

}  // namespace cairn
