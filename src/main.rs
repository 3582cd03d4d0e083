fn main() -> std::process::ExitCode {
    guatu::cli::run()
}
