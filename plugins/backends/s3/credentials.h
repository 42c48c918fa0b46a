// Where the keys come from. In this order, the first that has any: variables that the pipeline names, its
// credential_command, AWS_ACCESS_KEY_ID, web identity (AWS_ROLE_ARN), the shared files (profile, then its
// credential_process), a container's address, an instance's (IMDSv2).
#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <cairn/log.h>

#include "s3/sigv4.h"
#include "s3/transport.h"

namespace cairn::s3 {

struct CredentialSettings {
  bool anonymous = false;
  std::string key_id_env, secret_key_env, token_env;  // names of variables
  std::vector<std::string> command;                   // prints the JSON of credential_process
  std::string profile;                                // empty: AWS_PROFILE, then "default"
  std::string region;                                 // for STS
};

// [any thread] Remembers what it found and asks again before that expires.
class CredentialChain {
 public:
  CredentialChain(CredentialSettings settings, TransportPool& transports, Logger& log);
  // FailedPrecondition, listing what was tried, when no source has any.
  Credentials get();
  void forget();         // the server says that they are no longer valid
  std::string source();  // "the shared credentials file"; for messages, never the keys

 private:
  Credentials look();
  bool fresh() const;
  HttpAnswer ask(const HttpRequest& request, const std::string& whom);
  std::optional<Credentials> named();
  std::optional<Credentials> from_environment();
  std::optional<Credentials> from_command(const std::vector<std::string>& command);
  std::optional<Credentials> web_identity();
  std::optional<Credentials> shared_files();
  std::optional<Credentials> container();
  std::optional<Credentials> instance();

  CredentialSettings settings_;
  TransportPool& transports_;
  Logger& log_;
  std::mutex mutex_;  // guards what follows
  std::optional<Credentials> known_;
  std::string source_;
};

// A section of an INI file as the AWS tools write it.
Pairs read_profile(const std::string& text, const std::string& section);

// "2030-01-02T03:04:05Z"; empty when it is something else.
std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text);

}  // namespace cairn::s3
