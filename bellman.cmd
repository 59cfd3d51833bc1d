@echo off
rem Runs the bellman command from the sources.
setlocal
dotnet run -c Release --project "%~dp0src\Bellman.Cli" -v quiet -- %*
