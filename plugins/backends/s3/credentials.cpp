#include "s3/credentials.h"

#include <ctime>

#include <cairn/file.h>
#include <nlohmann/json.hpp>

#include <cairn/process.h>
#include "s3/answers.h"

namespace cairn::s3 {

namespace {

constexpr std::chrono::minutes kRenewBefore{10};
constexpr uint64_t kLargestFile = 1u << 20;

std::string read_text(const Path& path) {
  if (!real_files().stat(path)) return "";
  return std::string(text_of(read_whole(real_files(), path, kLargestFile)));
}

Path home_file(const char* variable, const char* usual) {
  const std::string given = environment(variable);
  return given.empty() ? Path(environment("HOME")) / ".aws" / usual : Path(given);
}

// What credential_process, containers and instances print.
Credentials from_json(std::string_view text, const std::string& whom) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto field = [&](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
  };
  Credentials out{field("AccessKeyId"), field("SecretAccessKey"), field("SessionToken"), {}};
  if (out.token.empty()) out.token = field("Token");
  out.expires = parse_time(field("Expiration"));
  if (out.key_id.empty() || out.secret.empty()) {
    fail(Code::FailedPrecondition, whom, " gave no JSON with AccessKeyId and SecretAccessKey");
  }
  return out;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  for (size_t begin = line.find_first_not_of(' '); begin != std::string::npos;) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    out.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(' ', end);
  }
  return out;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm parts{};
  if (text.empty() || strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

Pairs read_profile(const std::string& text, const std::string& section) {
  Pairs out;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = line.back() == ']' && trim(line.substr(1, line.size() - 2)) == section;
    } else if (const size_t equals = line.find('='); inside && equals != std::string::npos) {
      out.emplace_back(lower(trim(line.substr(0, equals))), trim(line.substr(equals + 1)));
    }
  }
  return out;
}

CredentialChain::CredentialChain(CredentialSettings settings, TransportPool& transports, Logger& log)
    : settings_(std::move(settings)), transports_(transports), log_(log) {
  if (settings_.profile.empty()) settings_.profile = environment("AWS_PROFILE");
  if (settings_.profile.empty()) settings_.profile = "default";
}

bool CredentialChain::fresh() const {
  return known_ && (!known_->expires || std::chrono::system_clock::now() + kRenewBefore < *known_->expires);
}

Credentials CredentialChain::get() {
  if (settings_.anonymous) return {};
  const std::lock_guard lock(mutex_);
  if (fresh()) return *known_;
  try {
    known_ = look();
  } catch (const Error& error) {
    const bool still_valid = known_ && known_->expires && std::chrono::system_clock::now() < *known_->expires;
    if (!still_valid) throw;
    log_.warn("credentials could not be renewed yet: ", error.message());
  }
  return *known_;
}

void CredentialChain::forget() {
  const std::lock_guard lock(mutex_);
  known_.reset();
}

std::string CredentialChain::source() {
  const std::lock_guard lock(mutex_);
  return settings_.anonymous ? "nowhere (anonymous)" : source_;
}

Credentials CredentialChain::look() {
  struct Source {
    const char* name;
    std::optional<Credentials> (CredentialChain::*look)();
  };
  constexpr Source kSources[] = {
      {"the variables that the pipeline names", &CredentialChain::named},
      {"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", &CredentialChain::from_environment},
      {"web identity (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)", &CredentialChain::web_identity},
      {"the shared credentials file", &CredentialChain::shared_files},
      {"the container's credentials address", &CredentialChain::container},
      {"the instance's metadata", &CredentialChain::instance}};
  std::string tried;
  for (const Source& source : kSources) {
    if (auto found = (this->*source.look)()) {
      source_ = source.name;
      no_core_dumps();
      return *found;
    }
    tried += (tried.empty() ? "" : ", ") + std::string(source.name);
  }
  fail(Code::FailedPrecondition, "there are no S3 credentials; looked in: ", tried,
       ". Set one of them, name variables with key_id_env and secret_key_env, or say anonymous = true");
}

std::optional<Credentials> CredentialChain::named() {
  if (!settings_.key_id_env.empty() || !settings_.secret_key_env.empty()) {
    Credentials out{environment(settings_.key_id_env.c_str()),
                    environment(settings_.secret_key_env.c_str()),
                    settings_.token_env.empty() ? "" : environment(settings_.token_env.c_str()),
                    {}};
    if (out.key_id.empty() || out.secret.empty()) {
      fail(Code::FailedPrecondition, "the variables named by key_id_env ('", settings_.key_id_env,
           "') and secret_key_env ('", settings_.secret_key_env, "') must both be set");
    }
    return out;
  }
  return settings_.command.empty() ? std::nullopt : from_command(settings_.command);
}

std::optional<Credentials> CredentialChain::from_environment() {
  Credentials out{
      environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"), environment("AWS_SESSION_TOKEN"), {}};
  if (out.key_id.empty() || out.secret.empty()) return std::nullopt;
  return out;
}

std::optional<Credentials> CredentialChain::from_command(const std::vector<std::string>& command) {
  Program wanted;
  wanted.arguments = command;
  wanted.limit = std::chrono::seconds(60);
  wanted.largest_output = 64u << 10;
  Finished finished = run_program(wanted);
  if (finished.status != 0) {
    fail(Code::FailedPrecondition, "the credential command '", command[0], "' ended with status ", finished.status);
  }
  auto found = from_json(finished.output, cat("the credential command '", command[0], "'"));
  wipe(finished.output);
  return found;
}

std::optional<Credentials> CredentialChain::shared_files() {
  const std::string& name = settings_.profile;
  const Pairs secret = read_profile(read_text(home_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")), name);
  const Pairs config =
      read_profile(read_text(home_file("AWS_CONFIG_FILE", "config")), name == "default" ? name : "profile " + name);
  for (const Pairs& each : {secret, config}) {
    const std::string* id = find(each, "aws_access_key_id");
    const std::string* key = find(each, "aws_secret_access_key");
    const std::string* token = find(each, "aws_session_token");
    if (id != nullptr && key != nullptr) return Credentials{*id, *key, token == nullptr ? "" : *token, {}};
  }
  for (const Pairs& each : {secret, config}) {
    if (const std::string* command = find(each, "credential_process")) return from_command(words(*command));
  }
  return std::nullopt;
}

HttpAnswer CredentialChain::ask(const HttpRequest& request, const std::string& whom) {
  auto transport = transports_.take();
  transport->start(0, request);
  std::vector<Transport::Done> done;
  while (done.empty()) done = transport->wait(std::chrono::milliseconds(1000));
  transports_.give_back(std::move(transport));
  HttpAnswer answer = std::move(done[0].answer);
  if (answer.status == 0) fail(Code::Unavailable, whom, " does not answer: ", answer.problem);
  if (answer.status != 200) {
    fail(answer.status >= 500 ? Code::Unavailable : Code::PermissionDenied, whom, " answers with status ",
         answer.status, " ", parse_error(answer.body).code);
  }
  return answer;
}

std::optional<Credentials> CredentialChain::web_identity() {
  const std::string role = environment("AWS_ROLE_ARN"), file = environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (role.empty() || file.empty()) return std::nullopt;
  std::string session = environment("AWS_ROLE_SESSION_NAME");
  if (session.empty()) session = "cairn";
  std::string address = environment("AWS_ENDPOINT_URL_STS");
  if (address.empty()) address = cat("https://sts.", settings_.region, ".amazonaws.com");
  const std::string body = canonical_query({{"Action", "AssumeRoleWithWebIdentity"},
                                            {"Version", "2011-06-15"},
                                            {"RoleArn", role},
                                            {"RoleSessionName", session},
                                            {"WebIdentityToken", trim(read_text(file))}});
  HttpRequest request{"POST", address + "/", {{"content-type", "application/x-www-form-urlencoded"}}, {}};
  request.body = bytes_of(body);
  const AssumedRole given = parse_assumed_role(ask(request, "the token service").body);
  if (given.key_id.empty() || given.secret.empty()) fail(Code::DataLoss, "the token service gave no credentials");
  return Credentials{given.key_id, given.secret, given.token, parse_time(given.expires)};
}

std::optional<Credentials> CredentialChain::container() {
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string address = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && address.empty()) return std::nullopt;
  if (address.empty()) address = "http://169.254.170.2" + relative;
  std::string token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    token = trim(read_text(file));
  }
  HttpRequest request{"GET", address, {}, {}};
  if (!token.empty()) request.headers.emplace_back("authorization", token);
  return from_json(text_of(ask(request, "the container's credentials address").body), "the container's address");
}

std::optional<Credentials> CredentialChain::instance() {
  if (lower(environment("AWS_EC2_METADATA_DISABLED")) == "true") return std::nullopt;
  std::string address = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (address.empty()) address = "http://169.254.169.254";
  if (address.back() == '/') address.pop_back();
  const std::string whom = "the instance's metadata";
  HttpRequest request{"PUT", address + "/latest/api/token", {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}}, {}};
  std::string token;
  try {
    token = std::string(text_of(ask(request, whom).body));
  } catch (const Error&) {
    return std::nullopt;  // not on such an instance, which the message about all sources says
  }
  const std::string base = address + "/latest/meta-data/iam/security-credentials/";
  HttpRequest role{"GET", base, {{"x-aws-ec2-metadata-token", token}}, {}};
  const std::vector<std::string> roles = lines_of(text_of(ask(role, whom).body));
  if (roles.empty()) return std::nullopt;
  HttpRequest keys{"GET", base + percent_encode(roles[0], Slash::Encode), role.headers, {}};
  return from_json(text_of(ask(keys, whom).body), whom);
}

}  // namespace cairn::s3
