#include "s3/prover.h"

#include <cairn/error.h>

namespace cairn::s3 {

std::vector<Proof> Prover::proofs() {
  return {{"credentials", [this] { return credentials_.get().anonymous() ? "none" : "from " + credentials_.source(); }},
          {"conditional put", [this] { return conditional_put(); }},
          {"sending in parts", [this] { return parts(); }}};
}

std::string Prover::conditional_put() {
  const Condition found = condition_.look_again();
  if (found == Condition::None) return "none: a single writer only, since nothing keeps two of them apart";
  return cat(name_of(found), "; of eight writers at once exactly one wins");
}

// Begins, sends a part, asks for it and ends without an object: what an upload and its continuation need.
std::string Prover::parts() {
  const auto ask = [&](const char* action, const char* method, Pairs query, std::string_view body = {}) {
    Call call = call_of(action, method, key_);
    call.query = std::move(query);
    call.body = bytes_of(body);
    return client_.send(call).answer;
  };
  const std::string id = parse_upload_id(ask("PutObject", "POST", {{"uploads", ""}}).body);
  ask("PutObject", "PUT", {{"partNumber", "1"}, {"uploadId", id}}, "part");
  const PartList list = parse_parts(ask("ListMultipartUploadParts", "GET", {{"uploadId", id}}).body);
  ask("AbortMultipartUpload", "DELETE", {{"uploadId", id}});
  if (list.parts.size() != 1 || list.parts[0].size != 4) {
    fail(Code::FailedPrecondition, "a part that was sent is not listed; unfinished uploads would begin anew");
  }
  return cat("of ", part_size_ >> 20, " MiB; they can be listed and given up");
}

}  // namespace cairn::s3
