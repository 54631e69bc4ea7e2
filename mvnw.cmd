@echo off
rem Runs Maven on Windows, and gets the pinned version first where none that will do is there; see mvnw for the order.
setlocal
set "MVNW_VERSION=3.9.11"
set "MVNW_SHA512=03e2d65d4483a3396980629f260e25cac0d8b6f7f2791e4dc20bc83f9514db8d0f05b0479e699a5f34679250c49c8e52e961262ded468a20de0be254d8207076"
if "%MVNW_ARCHIVE_URL%"=="" set "MVNW_ARCHIVE_URL=https://archive.apache.org/dist/maven/maven-3"
if "%MVNW_USER_HOME%"=="" set "MVNW_USER_HOME=%USERPROFILE%\.m2"
set "MVNW_DISTS=%MVNW_USER_HOME%\wrapper\dists"
set "MVNW_NAME=apache-maven-%MVNW_VERSION%"
set "MVNW_MAVEN=%MVNW_DISTS%\%MVNW_NAME%-%MVNW_SHA512:~0,8%"

if not "%JAVA_HOME%"=="" (
  if not exist "%JAVA_HOME%\bin\java.exe" (
    echo mvnw: JAVA_HOME is %JAVA_HOME%, but there is no bin\java.exe in it. 1>&2
    exit /b 1
  )
) else (
  where java >nul 2>nul || (
    echo mvnw: No Java found. Install a JDK of version 17 or newer and set JAVA_HOME to it. 1>&2
    exit /b 1
  )
)

if exist "%MVNW_MAVEN%\bin\mvn.cmd" goto run

powershell -NoProfile -ExecutionPolicy Bypass -Command ^
  "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue';" ^
  "$mvn = Get-Command mvn -ErrorAction SilentlyContinue;" ^
  "if ($mvn) { $said = (& mvn -version 2>$null | Out-String); if ($said -match 'Apache Maven (\d+)\.(\d+)' -and ([int]$Matches[1] -gt 3 -or ([int]$Matches[1] -eq 3 -and [int]$Matches[2] -ge 9))) { exit 9 } }" ^
  "$work = Join-Path $env:MVNW_DISTS ('fetch.' + [guid]::NewGuid()); New-Item -ItemType Directory -Force $work | Out-Null;" ^
  "try {" ^
  "  $zip = Join-Path $work ($env:MVNW_NAME + '-bin.zip');" ^
  "  if ($mvn) { Push-Location $work; & mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy ('-Dartifact=org.apache.maven:apache-maven:' + $env:MVNW_VERSION + ':zip:bin') ('-DoutputDirectory=' + $work); Pop-Location }" ^
  "  if (-not (Test-Path $zip)) { $url = $env:MVNW_ARCHIVE_URL + '/' + $env:MVNW_VERSION + '/binaries/' + $env:MVNW_NAME + '-bin.zip'; Write-Host ('mvnw: Downloading ' + $url); Invoke-WebRequest -UseBasicParsing -Uri $url -OutFile $zip }" ^
  "  if ((Get-FileHash -Algorithm SHA512 $zip).Hash -ne $env:MVNW_SHA512) { throw 'What was fetched is not the pinned Maven: its SHA-512 differs. It is thrown away.' }" ^
  "  Expand-Archive -Path $zip -DestinationPath $work;" ^
  "  try { Move-Item (Join-Path $work $env:MVNW_NAME) $env:MVNW_MAVEN } catch { if (-not (Test-Path (Join-Path $env:MVNW_MAVEN 'bin\mvn.cmd'))) { throw } }" ^
  "} catch { Write-Host ('mvnw: ' + $_); exit 1 } finally { Remove-Item -Recurse -Force $work -ErrorAction SilentlyContinue }"
if %ERRORLEVEL%==9 (
  call mvn %*
  exit /b
)
if not %ERRORLEVEL%==0 exit /b 1

:run
call "%MVNW_MAVEN%\bin\mvn.cmd" %*
