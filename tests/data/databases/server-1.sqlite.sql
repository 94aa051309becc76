BEGIN TRANSACTION;
CREATE TABLE commune (
	org VARCHAR(40) NOT NULL, 
	seq INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	incarnation VARCHAR(16) NOT NULL, 
	dseq INTEGER NOT NULL, 
	head VARCHAR(64) NOT NULL, 
	PRIMARY KEY (org)
);
INSERT INTO "commune" VALUES('H50.99.01',7,'856f3db2af7122ae73bdf24c1745cc845b154b3a5e92927469f63a8080e8ffec','76444f258d5fe142',0,'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "commune" VALUES('H50.99.02',0,'0000000000000000000000000000000000000000000000000000000000000000','0cd4bc1e4090a506',0,'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE device (
	id VARCHAR(40) NOT NULL, 
	commune VARCHAR(40) NOT NULL, 
	counter INTEGER NOT NULL, 
	public_key VARCHAR(64) NOT NULL, 
	key_id VARCHAR(8) NOT NULL, 
	enrolled_at VARCHAR(40) NOT NULL, 
	revoked_at VARCHAR(40), 
	last_sync_at VARCHAR(40), 
	PRIMARY KEY (id), 
	FOREIGN KEY(commune) REFERENCES commune (org)
);
INSERT INTO "device" VALUES('c-19246b4d4a41dcc51b9129bc3f40ccb5','H50.99.01',1,'qANt/07XjRN6xq+Zw2NrjVsJ29Rphesk+3g3j2UkPsY=','19246b4d','2026-11-27T15:45:37+00:00',NULL,'2026-11-27T15:45:39+00:00');
INSERT INTO "device" VALUES('c-459bee0913c0d16f5eab3d70dc68ed11','H50.99.01',2,'/8imEGfMGQxTgB27o/jLTZvX7nT20TlRk3JnV7Y6GEg=','459bee09','2026-11-27T15:45:38+00:00','2026-11-27T15:45:39+00:00','2026-11-27T15:45:39+00:00');
CREATE TABLE dossier (
	commune VARCHAR(40) NOT NULL, 
	id VARCHAR(40) NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	holder_side VARCHAR(8) NOT NULL, 
	received_at VARCHAR(40) NOT NULL, 
	judged_due_at VARCHAR(40) NOT NULL, 
	voided BOOLEAN NOT NULL, 
	words TEXT NOT NULL, 
	PRIMARY KEY (commune, id)
);
INSERT INTO "dossier" VALUES('H50.99.01','01a1f6c4-9200-7d71-9773-88ca3b455638','H50.99.01-261120-1001','accepted','commune','2026-11-20T09:24+07:00','2026-11-26T17:00+07:00',0,' h50 99 01 261120 1001 ho thi nguyet 045190001234 0912000345 cap giay xac nhan tinh trang hon nhan');
INSERT INTO "dossier" VALUES('H50.99.01','01a1f6c4-9200-785b-ba3e-4d60bde5c94a','H50.99.01-261120-1002','in_process','upper','2026-11-20T09:24+07:00','2026-11-26T17:00+07:00',0,' h50 99 01 261120 1002 le van dat 045190001234 0912000345 cap giay xac nhan tinh trang hon nhan');
CREATE TABLE enrol_code (
	commune VARCHAR(40) NOT NULL, 
	counter INTEGER NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	expires_at VARCHAR(40) NOT NULL, 
	tries INTEGER NOT NULL, 
	PRIMARY KEY (commune, counter)
);
INSERT INTO "enrol_code" VALUES('H50.99.02',1,'b89699412414947abe3f723e78e162523feae66587b303e9f485b73b42085b4a','2026-11-27T16:00:39+00:00',0);
CREATE TABLE event (
	commune VARCHAR(40) NOT NULL, 
	cseq INTEGER NOT NULL, 
	device VARCHAR(40) NOT NULL, 
	incarnation VARCHAR(16) NOT NULL, 
	dseq INTEGER NOT NULL, 
	event_id VARCHAR(40) NOT NULL, 
	type VARCHAR(60) NOT NULL, 
	version INTEGER NOT NULL, 
	subject VARCHAR(60) NOT NULL, 
	occurred_at VARCHAR(40) NOT NULL, 
	clock VARCHAR(80) NOT NULL, 
	actor_id VARCHAR(60) NOT NULL, 
	actor_name TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	payload_hash VARCHAR(64) NOT NULL, 
	prev_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (commune, cseq)
);
INSERT INTO "event" VALUES('H50.99.01',1,'c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',1,'01a21dae-fde6-702f-8a7a-467b5c29bf0b','store.created',1,'c-19246b4d4a41dcc51b9129bc3f40ccb5','2026-11-27T22:45:37+07:00','ok 78c1ade2 459.790','system','Chương trình','{"app_version":"0.1.0","counter_no":1,"office":"# Cơ quan mẫu để dùng thử: mã đơn vị, địa chỉ, điện thoại đều không có thật.\n[office]\norg_code = \"H50.99.01\"\nname = \"Bộ phận Một cửa xã Khe Sanh (mẫu)\"\nupper_name = \"Máy chủ huyện Hướng Hóa (mẫu)\"\naddress = \"Số 1 đường Mẫu, xã Khe Sanh, tỉnh Quảng Trị\"\nphone = \"0233 000 000\"\ncomplaint_phone = \"0233 000 111\"\nletterhead = [\"UBND XÃ KHE SANH (MẪU)\", \"BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ\"]\nplace = \"Khe Sanh\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nform_set = \"FS-2018\"\nlookup_host = \"\"\ndue_rule = \"close_of_office\"\nsame_day_cutoff = \"15:00\"\n# true: đúng 15:00 đã là muộn; false: 15:00 còn kịp, 15:01 mới là muộn.\ncutoff_inclusive = true\nsync_every_minutes = 15\nsync_outside_hours = true\nvillages = [\n    \"Khối 1, Khe Sanh, Quảng Trị\",\n    \"Khối 2, Khe Sanh, Quảng Trị\",\n    \"Khối 3A, Khe Sanh, Quảng Trị\",\n    \"Khối 3B, Khe Sanh, Quảng Trị\",\n    \"Khối 4, Khe Sanh, Quảng Trị\",\n    \"Khối 5, Khe Sanh, Quảng Trị\",\n    \"Thôn Ta Đủ, Tân Hợp, Quảng Trị\",\n    \"Thôn Lương Lễ, Tân Hợp, Quảng Trị\",\n    \"Thôn Hòa Thành, Tân Hợp, Quảng Trị\",\n    \"Thôn Húc Thượng, Húc, Quảng Trị\",\n    \"Thôn Húc Ván, Húc, Quảng Trị\",\n    \"Thôn Tân Linh, Hướng Tân, Quảng Trị\",\n    \"Thôn Ruộng, Hướng Tân, Quảng Trị\",\n    \"Thôn Trằm, Hướng Tân, Quảng Trị\",\n]\n\n# Mùa hè. Dòng đầu tiên hợp với ngày và thứ là dòng có hiệu lực.\n[[hours]]\nfrom = \"04-01\"\nto = \"09-30\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:30\", \"17:30\"]]\n\n# Mùa đông.\n[[hours]]\nfrom = \"10-01\"\nto = \"03-31\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:00\", \"17:00\"]]\n","office_version":"197da7e6c710","org_code":"H50.99.01","public_key":"qANt/07XjRN6xq+Zw2NrjVsJ29Rphesk+3g3j2UkPsY=","salt":"0f765b502544ccd0"}','4e8c6e8667c118e3e96fb5aaa9afa3c2fc56654e7add1bf60e49ae8492681290','0000000000000000000000000000000000000000000000000000000000000000','973d2e868d7eb2cd68027bdfa529dead67050d8fcb8c82fead695a549016c845');
INSERT INTO "event" VALUES('H50.99.01',2,'c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',2,'01a21dae-ff2b-795a-8018-87d0d3239db9','officer.added',1,'01a21dae-ff2b-7a92-b02a-2fa23bafb0e5','2026-11-27T22:45:37+07:00','ok 78c1ade2 459.946','system','Chương trình','{"name":"Hồ Thị Mai","officer_id":"01a21dae-ff2b-7a92-b02a-2fa23bafb0e5","roles":["admin"],"salt":"1507731c0e1168bc","title":""}','e537c2b0f6035e371d171cd8443f98548c9b99e34ba5457c3a29bb687b710343','973d2e868d7eb2cd68027bdfa529dead67050d8fcb8c82fead695a549016c845','150d3a7b073abaeb0dd597e009dd7726081c6f5df44540bc895bf75764468259');
INSERT INTO "event" VALUES('H50.99.01',3,'c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',3,'01a1f6c4-9200-7d71-9773-88ca3b455638','dossier.accepted',1,'01a1f6c4-9200-7d71-9773-88ca3b455638','2026-11-20T09:24:00+07:00','back 78c1ade2 461.022','01a21dae-ff2b-7a92-b02a-2fa23bafb0e5','Hồ Thị Mai','{"alias":null,"code":"H50.99.01-261120-1001","counter_no":1,"due":{"amount":3,"calendar_version":"ed2e00cda707","counted_from":"2026-11-20T09:24:00+07:00","days":["2026-11-23","2026-11-25","2026-11-26"],"due_at":"2026-11-26T17:00:00+07:00","hours_version":"197da7e6c710","provisional":false,"unit":"working_day","why":"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam)."},"due_override":null,"facts":{"applicant":{"address":"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị","also_known_as":null,"born_on":"1990-03-05","email":null,"kind":"person","name":"HỒ THỊ NGUYỆT","other_document":null,"personal_number":"045190001234","phone":"0912000345","sex":"female","tax_code":null},"components":[{"certified":0,"copies":0,"id":"g1","name":"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân","originals":1,"present":false},{"certified":0,"copies":0,"id":"g2","name":"Giấy tờ tùy thân (xuất trình)","originals":0,"present":true}],"fees":[],"note":"","pages":[],"procedure":{"case_id":"ket-hon-lan-dau","case_name":"Kết hôn lần đầu","code":"1.004873","field_code":"ho-tich","field_name":"Hộ tịch","name":"Cấp Giấy xác nhận tình trạng hôn nhân","payment_policy":"resume","result":"Giấy xác nhận tình trạng hôn nhân","supplement_policy":"restart","unit":"Tư pháp - Hộ tịch","version":"2026-01"},"representative":null,"return_method":"counter","sets":1},"form_set":"FS-2018","identity_source":"typed","office_version":"197da7e6c710","origin":"counter","receipt":{"key_id":"19246b4d","no":1,"signature":"eHGPqNgovZj2G+uW7HOtxI5qBMJgKFJwMBw7LsHLBrVP9Kj6XzbDQXsEVfE/Pf9eHx/9FUGD0qFT0WyBiCXMBg=="},"received_at":"2026-11-20T09:24:00+07:00","salt":"29fd9ddfcac14d6d","slip":true,"visit_id":null,"warnings":["clock_doubtful"]}','788fefee633180079aa5eeb6db542b8231fd81a5d6eeea1d3b62f8b4fc0440d0','150d3a7b073abaeb0dd597e009dd7726081c6f5df44540bc895bf75764468259','bf6e3914319fd46adb43b8a4e883f5a6192fce484ac3829950e5cd25ae771ae7');
INSERT INTO "event" VALUES('H50.99.01',4,'c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',4,'01a1f6c4-9200-785b-ba3e-4d60bde5c94a','dossier.accepted',1,'01a1f6c4-9200-785b-ba3e-4d60bde5c94a','2026-11-20T09:24:00+07:00','ok 78c1ade2 461.031','01a21dae-ff2b-7a92-b02a-2fa23bafb0e5','Hồ Thị Mai','{"alias":null,"code":"H50.99.01-261120-1002","counter_no":1,"due":{"amount":3,"calendar_version":"ed2e00cda707","counted_from":"2026-11-20T09:24:00+07:00","days":["2026-11-23","2026-11-25","2026-11-26"],"due_at":"2026-11-26T17:00:00+07:00","hours_version":"197da7e6c710","provisional":false,"unit":"working_day","why":"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam)."},"due_override":null,"facts":{"applicant":{"address":"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị","also_known_as":null,"born_on":"1990-03-05","email":null,"kind":"person","name":"LÊ VĂN ĐẠT","other_document":null,"personal_number":"045190001234","phone":"0912000345","sex":"female","tax_code":null},"components":[{"certified":0,"copies":0,"id":"g1","name":"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân","originals":1,"present":false},{"certified":0,"copies":0,"id":"g2","name":"Giấy tờ tùy thân (xuất trình)","originals":0,"present":true}],"fees":[],"note":"","pages":[],"procedure":{"case_id":"ket-hon-lan-dau","case_name":"Kết hôn lần đầu","code":"1.004873","field_code":"ho-tich","field_name":"Hộ tịch","name":"Cấp Giấy xác nhận tình trạng hôn nhân","payment_policy":"resume","result":"Giấy xác nhận tình trạng hôn nhân","supplement_policy":"restart","unit":"Tư pháp - Hộ tịch","version":"2026-01"},"representative":null,"return_method":"counter","sets":1},"form_set":"FS-2018","identity_source":"typed","office_version":"197da7e6c710","origin":"counter","receipt":{"key_id":"19246b4d","no":1,"signature":"hQ4wop9q/H/lac9L6hQF/rjoyhKBrQfujbQijV1y0UqL24rixNOIVEII2IayHsIkiLxYEybBWgF2y+O5ctHjAQ=="},"received_at":"2026-11-20T09:24:00+07:00","salt":"7109941da5edad65","slip":true,"visit_id":null,"warnings":["duplicate"]}','62aa4e341e650bba0ddf2e178c06367e90a9211ed051bc3c5b6f87ac39a589f1','bf6e3914319fd46adb43b8a4e883f5a6192fce484ac3829950e5cd25ae771ae7','7372ce6f8f04533ce68e0def439d43b31423e73550d5cecb641433795b5a6f90');
INSERT INTO "event" VALUES('H50.99.01',5,'c-459bee0913c0d16f5eab3d70dc68ed11','0df653d165b486f2',1,'01a21daf-018b-7ff7-8c56-7e4c9bd9f7ad','store.created',1,'c-459bee0913c0d16f5eab3d70dc68ed11','2026-11-27T22:45:38+07:00','ok 78c1ade2 460.585','system','Chương trình','{"app_version":"0.1.0","counter_no":2,"office":"# Cơ quan mẫu để dùng thử: mã đơn vị, địa chỉ, điện thoại đều không có thật.\n[office]\norg_code = \"H50.99.01\"\nname = \"Bộ phận Một cửa xã Khe Sanh (mẫu)\"\nupper_name = \"Máy chủ huyện Hướng Hóa (mẫu)\"\naddress = \"Số 1 đường Mẫu, xã Khe Sanh, tỉnh Quảng Trị\"\nphone = \"0233 000 000\"\ncomplaint_phone = \"0233 000 111\"\nletterhead = [\"UBND XÃ KHE SANH (MẪU)\", \"BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ\"]\nplace = \"Khe Sanh\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nform_set = \"FS-2018\"\nlookup_host = \"\"\ndue_rule = \"close_of_office\"\nsame_day_cutoff = \"15:00\"\n# true: đúng 15:00 đã là muộn; false: 15:00 còn kịp, 15:01 mới là muộn.\ncutoff_inclusive = true\nsync_every_minutes = 15\nsync_outside_hours = true\nvillages = [\n    \"Khối 1, Khe Sanh, Quảng Trị\",\n    \"Khối 2, Khe Sanh, Quảng Trị\",\n    \"Khối 3A, Khe Sanh, Quảng Trị\",\n    \"Khối 3B, Khe Sanh, Quảng Trị\",\n    \"Khối 4, Khe Sanh, Quảng Trị\",\n    \"Khối 5, Khe Sanh, Quảng Trị\",\n    \"Thôn Ta Đủ, Tân Hợp, Quảng Trị\",\n    \"Thôn Lương Lễ, Tân Hợp, Quảng Trị\",\n    \"Thôn Hòa Thành, Tân Hợp, Quảng Trị\",\n    \"Thôn Húc Thượng, Húc, Quảng Trị\",\n    \"Thôn Húc Ván, Húc, Quảng Trị\",\n    \"Thôn Tân Linh, Hướng Tân, Quảng Trị\",\n    \"Thôn Ruộng, Hướng Tân, Quảng Trị\",\n    \"Thôn Trằm, Hướng Tân, Quảng Trị\",\n]\n\n# Mùa hè. Dòng đầu tiên hợp với ngày và thứ là dòng có hiệu lực.\n[[hours]]\nfrom = \"04-01\"\nto = \"09-30\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:30\", \"17:30\"]]\n\n# Mùa đông.\n[[hours]]\nfrom = \"10-01\"\nto = \"03-31\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:00\", \"17:00\"]]\n","office_version":"197da7e6c710","org_code":"H50.99.01","public_key":"/8imEGfMGQxTgB27o/jLTZvX7nT20TlRk3JnV7Y6GEg=","salt":"b6bd66fa8d186e9b"}','5210f31f5cdca3a34b095ea61831d813ea2707b5af3fcfe6df375950a8b35c2e','0000000000000000000000000000000000000000000000000000000000000000','38375dea2ff80e641e523ab8c5ee411ce92056e5ed22cb57ac128bdcbf90f631');
INSERT INTO "event" VALUES('H50.99.01',6,'c-459bee0913c0d16f5eab3d70dc68ed11','0df653d165b486f2',2,'01a21daf-0240-7472-8f3f-84431e630070','officer.added',1,'01a21daf-0240-7bfa-9760-3b94482bb25b','2026-11-27T22:45:38+07:00','ok 78c1ade2 460.735','system','Chương trình','{"name":"Hồ Thị Mai","officer_id":"01a21daf-0240-7bfa-9760-3b94482bb25b","roles":["admin"],"salt":"6a9a5588889f1f9d","title":""}','e6a3ac5d22c2fcb8c11d20b2b63b8237450144b44ffcf084744266b2d3b9fe2a','38375dea2ff80e641e523ab8c5ee411ce92056e5ed22cb57ac128bdcbf90f631','e694d36455d6829b1ad5e6627752a6c37f37443357aace5b23570818b7239498');
INSERT INTO "event" VALUES('H50.99.01',7,'c-459bee0913c0d16f5eab3d70dc68ed11','0df653d165b486f2',3,'01a1f6c4-9200-7b5c-a3af-b66c4dc25998','dossier.transferred',1,'01a1f6c4-9200-785b-ba3e-4d60bde5c94a','2026-11-20T09:24:00+07:00','back 78c1ade2 461.492','01a21daf-0240-7bfa-9760-3b94482bb25b','Hồ Thị Mai','{"note":"","salt":"7f485991106a9151","to":{"name":"","side":"upper"}}','71e0a70227343f186e17e721ad202aab0c6a50d1bc31a620be30fbe8af9a4cc4','e694d36455d6829b1ad5e6627752a6c37f37443357aace5b23570818b7239498','87779bded444fc4f02ebf6dcfedc557756487db5be59e3a1aecd54400c05a00e');
CREATE TABLE meta (
	name VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','1');
INSERT INTO "meta" VALUES('epoch','70a2cd080507cc09');
INSERT INTO "meta" VALUES('signing_key','plain:nItKV0g78lDdSGTCPs1J4HztIwVQCmoHPaZda52Fz/s=');
INSERT INTO "meta" VALUES('ca_key','plain:LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JR0hBZ0VBTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEJHMHdhd0lCQVFRZ0Y2U1VUTzducjdHUXg4cDQKRlBGYS9seWJxSVhtaWRPdGs4Y1YxQmtKb0xpaFJBTkNBQVExRmkvdUE0RVhoam5GbExKOXNCTlhwa2FCS1BuTQpMeE5mTlQ1RnVOZGpVYzR0SUVMbDlQYldpbHVIRG1uaWVsVWZjcWJFQmNmTkcxaW0rUzBhVTdNUAotLS0tLUVORCBQUklWQVRFIEtFWS0tLS0tCg==');
INSERT INTO "meta" VALUES('ca','-----BEGIN CERTIFICATE-----
MIIBQjCB6KADAgECAhRDwdmlWA1yOCclwEwjVeRZg2BeETAKBggqhkjOPQQDAjAV
MRMwEQYDVQQDDApNb3QgQ3VhIENBMB4XDTE2MTEyOTE1NDUzNloXDTQ2MTEyMjE1
NDUzNlowFTETMBEGA1UEAwwKTW90IEN1YSBDQTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABDUWL+4DgReGOcWUsn2wE1emRoEo+cwvE181PkW412NRzi0gQuX09taK
W4cOaeJ6VR9ypsQFx80bWKb5LRpTsw+jFjAUMBIGA1UdEwEB/wQIMAYBAf8CAQAw
CgYIKoZIzj0EAwIDSQAwRgIhAI7EGAwbinL4jc1L/SfSWQfBJUvDjUr97Nr+wAIh
OAREAiEAjPtT+TVaa5qB+2W1eRHgeBDBDirGjWRZ7vq/gcL8LLo=
-----END CERTIFICATE-----
');
CREATE TABLE notice_number (
	commune VARCHAR(40) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	year INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (commune, kind, year)
);
CREATE TABLE quarantine (
	commune VARCHAR(40) NOT NULL, 
	device VARCHAR(40) NOT NULL, 
	incarnation VARCHAR(16) NOT NULL, 
	dseq INTEGER NOT NULL, 
	event_id VARCHAR(40) NOT NULL, 
	subject VARCHAR(60) NOT NULL, 
	dossier_code VARCHAR(40) NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	message TEXT NOT NULL, 
	raw TEXT NOT NULL, 
	PRIMARY KEY (commune, device, incarnation, dseq)
);
INSERT INTO "quarantine" VALUES('H50.99.01','c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',5,'01a1f6c4-9200-7df8-bee0-70949b0e678a','01a1f6c4-9200-7df8-bee0-70949b0e678a','H50.99.01-261120-7001','code_foreign','Mã hồ sơ H50.99.01-261120-7001 không thuộc xã và quầy này.','{"device":"c-19246b4d4a41dcc51b9129bc3f40ccb5","incarnation":"d71cc54741f16252","dseq":5,"event_id":"01a1f6c4-9200-7df8-bee0-70949b0e678a","type":"dossier.accepted","version":1,"subject":"01a1f6c4-9200-7df8-bee0-70949b0e678a","occurred_at":"2026-11-20T09:24:00+07:00","clock":"ok 78c1ade2 461.036","actor_id":"system","actor_name":"Chương trình","payload":"{\"alias\":null,\"code\":\"H50.99.01-261120-7001\",\"counter_no\":1,\"due\":{\"amount\":3,\"calendar_version\":\"ed2e00cda707\",\"counted_from\":\"2026-11-20T09:24:00+07:00\",\"days\":[\"2026-11-23\",\"2026-11-25\",\"2026-11-26\"],\"due_at\":\"2026-11-26T17:00:00+07:00\",\"hours_version\":\"197da7e6c710\",\"provisional\":false,\"unit\":\"working_day\",\"why\":\"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam).\"},\"due_override\":null,\"facts\":{\"applicant\":{\"address\":\"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị\",\"also_known_as\":null,\"born_on\":\"1990-03-05\",\"email\":null,\"kind\":\"person\",\"name\":\"LÊ VĂN ĐẠT\",\"other_document\":null,\"personal_number\":\"045190001234\",\"phone\":\"0912000345\",\"sex\":\"female\",\"tax_code\":null},\"components\":[{\"certified\":0,\"copies\":0,\"id\":\"g1\",\"name\":\"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân\",\"originals\":1,\"present\":false},{\"certified\":0,\"copies\":0,\"id\":\"g2\",\"name\":\"Giấy tờ tùy thân (xuất trình)\",\"originals\":0,\"present\":true}],\"fees\":[],\"note\":\"\",\"pages\":[],\"procedure\":{\"case_id\":\"ket-hon-lan-dau\",\"case_name\":\"Kết hôn lần đầu\",\"code\":\"1.004873\",\"field_code\":\"ho-tich\",\"field_name\":\"Hộ tịch\",\"name\":\"Cấp Giấy xác nhận tình trạng hôn nhân\",\"payment_policy\":\"resume\",\"result\":\"Giấy xác nhận tình trạng hôn nhân\",\"supplement_policy\":\"restart\",\"unit\":\"Tư pháp - Hộ tịch\",\"version\":\"2026-01\"},\"representative\":null,\"return_method\":\"counter\",\"sets\":1},\"form_set\":\"FS-2018\",\"identity_source\":\"typed\",\"office_version\":\"197da7e6c710\",\"origin\":\"counter\",\"receipt\":{\"key_id\":\"19246b4d\",\"no\":1,\"signature\":\"hQ4wop9q/H/lac9L6hQF/rjoyhKBrQfujbQijV1y0UqL24rixNOIVEII2IayHsIkiLxYEybBWgF2y+O5ctHjAQ==\"},\"received_at\":\"2026-11-20T09:24:00+07:00\",\"salt\":\"7aafaa1bb226bc6a\",\"slip\":true,\"visit_id\":null,\"warnings\":[\"duplicate\"]}","payload_hash":"7f760033f35b700a22373867ff8d8b7d09c40df7ebdda0dfe0d8d543f439cef4","prev_hash":"7372ce6f8f04533ce68e0def439d43b31423e73550d5cecb641433795b5a6f90","hash":"70e7fc96a52521b91962f848fbf3bc73e760cd0b591cb0ded57dc3dcaca3cb61"}');
CREATE TABLE spent_challenge (
	challenge VARCHAR(120) NOT NULL, 
	expires_at INTEGER NOT NULL, 
	PRIMARY KEY (challenge)
);
INSERT INTO "spent_challenge" VALUES('1795794638.8993aa004c2af1a3.65d63323a1c19a82aae3ff7720c52fe8',1795794638);
INSERT INTO "spent_challenge" VALUES('1795794638.e74e1ed21c6027c5.d1a5563e99b8980d216dfb6726b63c08',1795794638);
INSERT INTO "spent_challenge" VALUES('1795794638.8b844ae2f74e88d0.a2c69086cbd34c1d1083b4beea282324',1795794638);
INSERT INTO "spent_challenge" VALUES('1795794638.de18f27aa5120c45.68a7adae9c80de2726722e25a77b0fb2',1795794638);
INSERT INTO "spent_challenge" VALUES('1795794639.61ebf7a28b0eee64.b1adcd05d5f6eba7034e851a91504731',1795794639);
INSERT INTO "spent_challenge" VALUES('1795794639.79a33e9db6557455.61c9edfe65e226e515d0f2c69b949cbf',1795794639);
INSERT INTO "spent_challenge" VALUES('1795794639.1efd2c6ef2990b7d.96fe7257d78500cd40e74ca239e92b9b',1795794639);
CREATE TABLE stream (
	device VARCHAR(40) NOT NULL, 
	incarnation VARCHAR(16) NOT NULL, 
	high INTEGER NOT NULL, 
	head VARCHAR(64) NOT NULL, 
	PRIMARY KEY (device, incarnation), 
	FOREIGN KEY(device) REFERENCES device (id)
);
INSERT INTO "stream" VALUES('c-19246b4d4a41dcc51b9129bc3f40ccb5','d71cc54741f16252',5,'70e7fc96a52521b91962f848fbf3bc73e760cd0b591cb0ded57dc3dcaca3cb61');
INSERT INTO "stream" VALUES('c-459bee0913c0d16f5eab3d70dc68ed11','0df653d165b486f2',3,'87779bded444fc4f02ebf6dcfedc557756487db5be59e3a1aecd54400c05a00e');
CREATE UNIQUE INDEX event_event_id ON event (commune, event_id);
CREATE INDEX event_subject ON event (commune, subject);
CREATE UNIQUE INDEX event_origin ON event (commune, device, incarnation, dseq);
CREATE INDEX quarantine_subject ON quarantine (commune, subject);
CREATE INDEX dossier_code ON dossier (commune, code);
CREATE INDEX dossier_received ON dossier (commune, received_at);
CREATE INDEX ix_spent_challenge_expires_at ON spent_challenge (expires_at);
CREATE INDEX ix_device_commune ON device (commune);
COMMIT;
