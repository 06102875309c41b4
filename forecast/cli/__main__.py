from forecast.cli.commands import main

main(prog_name="forecast")
