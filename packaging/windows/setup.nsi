; The setup for one person, without administrator's rights. Silent: /S, folder: /D=FOLDER as the last option.
; Exit codes: 0 installed, 2 not (a newer version is there, or the open window does not end).
Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
SetCompressor /SOLID lzma
!include MUI2.nsh
!include WordFunc.nsh

!define NAME "Inbox Uploader"
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\InboxUploader"

Name "${NAME}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Inbox Uploader"
InstallDirRegKey HKCU "${KEY}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "FileDescription" "${NAME} Setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT licence"

!define MUI_ICON "icons\uploader.ico"
!define MUI_UNICON "icons\uploader.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\Inbox Uploader.exe"
!insertmacro MUI_PAGE_LICENSE "LICENSE.txt"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro MUI_LANGUAGE "French"
!insertmacro MUI_LANGUAGE "Spanish"
!insertmacro MUI_LANGUAGE "Japanese"

LangString Newer ${LANG_ENGLISH} "A newer version is installed already. Nothing was changed. To go back, remove that version first."
LangString Newer ${LANG_GERMAN} "Eine neuere Version ist bereits installiert. Nichts wurde geändert. Für die ältere entfernen Sie zuerst die neuere."
LangString Newer ${LANG_FRENCH} "Une version plus récente est déjà installée. Rien n’a été modifié. Pour revenir en arrière, supprimez-la d’abord."
LangString Newer ${LANG_SPANISH} "Ya está instalada una versión más reciente. No se ha cambiado nada. Para volver atrás, elimínela primero."
LangString Newer ${LANG_JAPANESE} "新しいバージョンがすでにインストールされています。何も変更されていません。古いバージョンに戻すには、先に削除してください。"
LangString Running ${LANG_ENGLISH} "Inbox Uploader is open and does not end. Nothing was changed. Quit it in its menu, then start this again."
LangString Running ${LANG_GERMAN} "Inbox Uploader ist geöffnet und lässt sich nicht beenden. Nichts wurde geändert. Beenden Sie das Programm in seinem Menü und starten Sie dies erneut."
LangString Running ${LANG_FRENCH} "Inbox Uploader est ouvert et ne se ferme pas. Rien n’a été modifié. Quittez-le par son menu, puis recommencez."
LangString Running ${LANG_SPANISH} "Inbox Uploader está abierto y no se cierra. No se ha cambiado nada. Ciérrelo desde su menú y vuelva a empezar."
LangString Running ${LANG_JAPANESE} "Inbox Uploader が開いていて終了しません。何も変更されていません。メニューから終了してから、もう一度実行してください。"

; EndWindow asks the open window to end. What it was sending goes on the next time.
!macro EndWindow
  IfFileExists "$INSTDIR\uploader.exe" 0 ended
  nsExec::Exec '"$INSTDIR\uploader.exe" window --quit'
  Pop $0
  StrCmp $0 0 ended
  MessageBox MB_OK|MB_ICONEXCLAMATION "$(Running)" /SD IDOK
  SetErrorLevel 2
  Quit
  ended:
!macroend

Function .onInit
  ReadRegStr $0 HKCU "${KEY}" "DisplayVersion"
  StrCmp $0 "" go
  ${VersionCompare} "$0" "${VERSION}" $1
  StrCmp $1 1 0 go
  MessageBox MB_OK|MB_ICONEXCLAMATION "$(Newer)" /SD IDOK
  SetErrorLevel 2
  Quit
  go:
FunctionEnd

Section
  !insertmacro EndWindow
  SetOutPath "$INSTDIR"
  File "Inbox Uploader.exe"
  File "uploader.exe"
  File "LICENSE.txt"
  File "THIRD_PARTY.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\Inbox Uploader.exe"
  WriteRegStr HKCU "${KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\Inbox Uploader.exe"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
SectionEnd

; Uploads, history and kept tokens stay.
Section Uninstall
  !insertmacro EndWindow
  Delete "$INSTDIR\Inbox Uploader.exe"
  Delete "$INSTDIR\uploader.exe"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\THIRD_PARTY.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "org.inboxuploader.desktop"
  DeleteRegKey HKCU "${KEY}"
SectionEnd
